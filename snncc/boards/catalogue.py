"""The boards that snncc knows, each with the source of its memory map: add a board here.

Which driver its key `driver` means is in `drivers.py`.
"""

from dataclasses import replace

from snncc.ir import UsageError, describe_unknown

from .protocol import Board, Identity

KIB = 1024
ARM_SOFT = "thumb-freestanding-eabi"
ARM_HARD = "thumb-freestanding-eabihf"  # arguments in floating-point registers
RISCV = "riscv32-freestanding-none"
M0PLUS = "cortex_m0plus"
M4F = "cortex_m4+vfp4d16sp"
M7F = "cortex_m7+fp_armv8d16sp"  # single precision; double is there on some parts only
M33F = "cortex_m33+dsp+fp_armv8d16sp"
UNICORN_MODELS = {
    "Cortex-M0+": "UC_CPU_ARM_CORTEX_M0",
    "Cortex-M3": "UC_CPU_ARM_CORTEX_M3",
    "Cortex-M4": "UC_CPU_ARM_CORTEX_M4",
    "Cortex-M7": "UC_CPU_ARM_CORTEX_M7",
    "Cortex-M33": "UC_CPU_ARM_CORTEX_M33",
    "RV32IMC": "UC_CPU_RISCV32_ANY",
}

# Code at 0, data at 0x20000000: where every Cortex-M has them (Armv7-M ARM, DDI 0403, B3.1).
EMULATED_M4 = Board(
    name="cortex-m4-emulated",
    description="generic Cortex-M4 with DSP and FPU, emulated in this process",
    core="Cortex-M4",
    mcpu=M4F,
    target=ARM_HARD,
    flash_origin=0x0000_0000,
    flash_bytes=512 * KIB,
    ram_origin=0x2000_0000,
    ram_bytes=128 * KIB,
    dsp=True,
    driver="emulator",
    machine=UNICORN_MODELS["Cortex-M4"],
    clock_hz=None,
    source="Armv7-M Architecture Reference Manual DDI 0403 B3.1; sizes as on the STM32F405 family",
)


def _generic(core: str, mcpu: str, target: str, dsp: bool) -> Board:
    return replace(
        EMULATED_M4,
        name=f"{core.lower().replace('+', 'plus')}-emulated",
        description=f"generic {core}, emulated in this process",
        core=core,
        mcpu=mcpu,
        target=target,
        dsp=dsp,
        machine=UNICORN_MODELS[core],
        source="Armv6-M, Armv7-M and Armv8-M Architecture Reference Manuals: system address map",
    )


def _emulate(board: Board) -> Board:
    """The board's memory map around an emulated core: it takes the very same firmware."""
    return replace(
        board,
        name=f"{board.name}-emulated",
        description=f"memory map of {board.name}, emulated in this process",
        driver="emulator",
        machine=UNICORN_MODELS[board.core],
        identity=None,
    )


NUCLEO_F446RE = Board(
    name="nucleo-f446re",
    description="STM32 Nucleo-F446RE",
    core="Cortex-M4",
    mcpu=M4F,
    target=ARM_HARD,
    flash_origin=0x0800_0000,
    flash_bytes=512 * KIB,
    ram_origin=0x2000_0000,
    ram_bytes=128 * KIB,
    dsp=True,
    driver="pyocd",
    machine="stm32f446retx",
    clock_hz=180_000_000,
    source="ST RM0390, 2.2.2 memory map and 33.6.1 DBGMCU_IDCODE; STM32F446xC/E datasheet",
    identity=Identity(0xE004_2000, 0xFFF, 0x421),
)

REAL = (
    NUCLEO_F446RE,
    replace(
        NUCLEO_F446RE,
        name="nucleo-h743zi",
        description="STM32 Nucleo-H743ZI, data in its tightly coupled memory",
        core="Cortex-M7",
        mcpu=M7F,
        flash_bytes=2048 * KIB,
        ram_bytes=128 * KIB,
        machine="stm32h743xx",
        clock_hz=480_000_000,
        source="ST RM0433, 2.3.2 memory map (DTCM) and 60.5.8 DBGMCU_IDC; STM32H743xI datasheet",
        identity=Identity(0x5C00_1000, 0xFFF, 0x450),
    ),
    replace(
        NUCLEO_F446RE,
        name="nucleo-l4r5zi",
        description="STM32 Nucleo-L4R5ZI",
        flash_bytes=2048 * KIB,
        ram_bytes=640 * KIB,
        machine="stm32l4r5zitx",
        clock_hz=120_000_000,
        source="ST RM0432, 2.2.2 memory map (SRAM1, alias of SRAM2, SRAM3) and DBGMCU_IDCODE",
        identity=Identity(0xE004_2000, 0xFFF, 0x470),
    ),
    replace(
        NUCLEO_F446RE,
        name="nano-33-ble",
        description="Arduino Nano 33 BLE (nRF52840), its boot loader left in place",
        flash_origin=0x0001_0000,
        flash_bytes=960 * KIB,
        ram_bytes=256 * KIB,
        machine="nrf52840",
        clock_hz=64_000_000,
        source="Nordic nRF52840 Product Specification 4.2 memory, 4.4 FICR INFO.PART; "
        "ArduinoCore-mbed, variants/ARDUINO_NANO33BLE: the sketch begins at 0x10000",
        identity=Identity(0x1000_0100, 0xFFFF_FFFF, 0x52840),
    ),
    Board(
        name="pico",
        description="Raspberry Pi Pico (RP2040)",
        core="Cortex-M0+",
        mcpu=M0PLUS,
        target=ARM_SOFT,
        flash_origin=0x1000_0000,
        flash_bytes=2048 * KIB,
        ram_origin=0x2000_0000,
        ram_bytes=264 * KIB,
        dsp=False,
        driver="uf2",
        machine="rp2040",
        clock_hz=133_000_000,
        source="RP2040 datasheet, 2.2 address map, 2.8.1.3 boot second stage, 2.20 CHIP_ID",
        boot="rp2040",
        entry=0x100,
        identity=Identity(0x4000_0000, 0x0FFF_FFFF, 0x0000_2927),
    ),
    Board(
        name="pico-2",
        description="Raspberry Pi Pico 2 (RP2350, Arm cores)",
        core="Cortex-M33",
        mcpu=M33F,
        target=ARM_HARD,
        flash_origin=0x1000_0000,
        flash_bytes=4096 * KIB,
        ram_origin=0x2000_0000,
        ram_bytes=520 * KIB,
        dsp=True,
        driver="uf2",
        machine="rp2350",
        clock_hz=150_000_000,
        source="RP2350 datasheet, 2.2 address map, 5.9.5.1 minimum Arm IMAGE_DEF, 9.15 CHIP_ID",
        boot="rp2350",
        identity=Identity(0x4000_0000, 0x0FFF_FFFF, 0x0000_4927),
    ),
    Board(
        name="esp32-c3",
        description="ESP32-C3 (such as ESP32-C3-DevKitM-1), booted directly from flash",
        core="RV32IMC",
        mcpu="generic_rv32+m+c+zicsr",
        target=RISCV,
        flash_origin=0x4200_0000,
        flash_bytes=4096 * KIB,
        ram_origin=0x3FC8_0000,
        ram_bytes=320 * KIB,  # the ROM uses what is above
        dsp=False,
        driver="esptool",
        machine="esp32c3",
        clock_hz=160_000_000,
        source="ESP32-C3 Technical Reference Manual, 3.3.2 memory map, 12 watchdogs; "
        "espressif/esp32c3-direct-boot-example (chip revision 3 and later)",
        boot="esp32c3",
        entry=8,
        data_origin=0x3C00_0000,
        pages=(0x6000_8000, 0x6001_F000, 0x6002_0000),
    ),
)

QEMU_AN386 = Board(
    name="mps2-an386",
    description="Arm MPS2 FPGA board with the AN386 image (Cortex-M4), in QEMU",
    core="Cortex-M4",
    mcpu=M4F,
    target=ARM_HARD,
    flash_origin=0x0000_0000,
    flash_bytes=4096 * KIB,
    ram_origin=0x2000_0000,
    ram_bytes=4096 * KIB,
    dsp=True,
    driver="qemu",
    machine="mps2-an386",
    clock_hz=25_000_000,
    source="Arm Application Note AN386 (DAI 0386), memory map: ZBT SSRAM 1, 2 and 3",
)
RV32_VIRT = Board(
    name="rv32-virt",
    description="32-bit RISC-V core of the virt machine, in QEMU",
    core="RV32IMAC",
    mcpu="generic_rv32+m+a+c+zicsr",
    target=RISCV,
    flash_origin=0x8000_0000,
    flash_bytes=65536 * KIB,  # the first part of the machine's 128 MiB of RAM plays the flash
    ram_origin=0x8400_0000,
    ram_bytes=32768 * KIB,
    dsp=False,
    driver="qemu",
    machine="virt",
    clock_hz=None,
    source="QEMU documentation, 'virt' generic virtual platform: RAM begins at 0x80000000",
)

BOARDS = (
    *REAL,
    _generic("Cortex-M0+", M0PLUS, ARM_SOFT, False),
    _generic("Cortex-M3", "cortex_m3", ARM_SOFT, False),
    EMULATED_M4,
    _generic("Cortex-M7", M7F, ARM_HARD, True),
    _generic("Cortex-M33", M33F, ARM_HARD, True),
    *(_emulate(board) for board in REAL),
    QEMU_AN386,
    replace(
        QEMU_AN386,
        name="mps2-an500",
        description="Arm MPS2 FPGA board with the AN500 image (Cortex-M7), in QEMU",
        core="Cortex-M7",
        mcpu=M7F,
        machine="mps2-an500",
        source="Arm Application Note AN500 (DAI 0500), memory map: ZBT SSRAM 1, 2 and 3",
    ),
    replace(
        QEMU_AN386,
        name="mps3-an547",
        description="Arm MPS3 FPGA board with the AN547 image (Cortex-M55 with Helium), in QEMU",
        core="Cortex-M55",
        mcpu="cortex_m55",
        flash_bytes=512 * KIB,
        ram_bytes=512 * KIB,
        machine="mps3-an547",
        clock_hz=32_000_000,
        source="Arm Application Note AN547 (DAI 0547), memory map: ITCM and DTCM",
    ),
    replace(
        QEMU_AN386,
        name="netduino-plus-2",
        description="Netduino Plus 2 (STM32F405), in QEMU",
        flash_origin=0x0800_0000,
        flash_bytes=1024 * KIB,
        ram_bytes=128 * KIB,
        machine="netduinoplus2",
        clock_hz=168_000_000,
        source="ST RM0090, 2.3 memory map, STM32F405xx/07xx; STM32F405xG datasheet",
    ),
    RV32_VIRT,
    replace(
        RV32_VIRT,
        name="rv32imc-virt",
        description="32-bit RISC-V core of the virt machine without atomics, in QEMU",
        core="RV32IMC",
        mcpu="generic_rv32+m+c+zicsr",
    ),
)


def boards() -> tuple[Board, ...]:
    """Every board that snncc knows, whether or not it can be reached from here."""
    return BOARDS


def board(name: str) -> Board:
    """The board called `name`.

    Raises:
        UsageError: no board has that name; lists them, with the nearest.
    """
    known = {board.name: board for board in BOARDS}
    if name not in known:
        raise UsageError(describe_unknown("board", name, known))
    return known[name]


def find_emulated_twin(board: Board) -> Board | None:
    """The board in an emulator, which takes the very same firmware; None where there is none."""
    if board.emulated:
        return board
    return next((twin for twin in BOARDS if twin.name == f"{board.name}-emulated"), None)
