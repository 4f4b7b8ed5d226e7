"""The boards that snncc knows, each with the source of its memory map. Data only."""

from dataclasses import replace

from .protocol import Board

KIB = 1024
ARM_SOFT = "thumb-freestanding-eabi"
ARM_HARD = "thumb-freestanding-eabihf"  # arguments in floating-point registers

# Code at 0, data at 0x20000000: where every Cortex-M has them (Armv7-M ARM, DDI 0403, B3.1).
EMULATED_M4 = Board(
    name="cortex-m4-emulated",
    description="generic Cortex-M4 with DSP and FPU, emulated in this process",
    core="Cortex-M4",
    mcpu="cortex_m4+vfp4d16sp",
    target=ARM_HARD,
    flash_origin=0x0000_0000,
    flash_bytes=512 * KIB,
    ram_origin=0x2000_0000,
    ram_bytes=128 * KIB,
    dsp=True,
    driver="emulator",
    machine="UC_CPU_ARM_CORTEX_M4",
    clock_hz=None,
    source="Armv7-M Architecture Reference Manual DDI 0403 B3.1; sizes as on the STM32F405 family",
)


def _emulated(core: str, mcpu: str, target: str, dsp: bool, machine: str) -> Board:
    return replace(
        EMULATED_M4,
        name=f"{core.lower().replace('+', 'plus')}-emulated",
        description=f"generic {core}, emulated in this process",
        core=core,
        mcpu=mcpu,
        target=target,
        dsp=dsp,
        machine=machine,
        source="Armv6-M, Armv7-M and Armv8-M Architecture Reference Manuals: system address map",
    )


QEMU_AN386 = Board(
    name="mps2-an386",
    description="Arm MPS2 FPGA board with the AN386 image (Cortex-M4), in QEMU",
    core="Cortex-M4",
    mcpu="cortex_m4+vfp4d16sp",
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

BOARDS = (
    _emulated("Cortex-M0+", "cortex_m0plus", ARM_SOFT, False, "UC_CPU_ARM_CORTEX_M0"),
    _emulated("Cortex-M3", "cortex_m3", ARM_SOFT, False, "UC_CPU_ARM_CORTEX_M3"),
    EMULATED_M4,
    _emulated("Cortex-M7", "cortex_m7+fp_armv8d16sp", ARM_HARD, True, "UC_CPU_ARM_CORTEX_M7"),
    _emulated(
        "Cortex-M33", "cortex_m33+dsp+fp_armv8d16sp", ARM_HARD, True, "UC_CPU_ARM_CORTEX_M33"
    ),
    QEMU_AN386,
    replace(
        QEMU_AN386,
        name="mps2-an500",
        description="Arm MPS2 FPGA board with the AN500 image (Cortex-M7), in QEMU",
        core="Cortex-M7",
        mcpu="cortex_m7+fp_armv8d16sp",
        machine="mps2-an500",
        source="Arm Application Note AN500 (DAI 0500), memory map: ZBT SSRAM 1, 2 and 3",
    ),
    Board(
        name="rv32-virt",
        description="32-bit RISC-V core of the virt machine, in QEMU",
        core="RV32IMAC",
        mcpu="generic_rv32+m+a+c+zicsr",
        target="riscv32-freestanding-none",
        flash_origin=0x8000_0000,
        flash_bytes=16384 * KIB,  # the first part of the machine's 128 MiB of RAM plays the flash
        ram_origin=0x8100_0000,
        ram_bytes=16384 * KIB,
        dsp=False,
        driver="qemu",
        machine="virt",
        clock_hz=None,
        source="QEMU documentation, 'virt' generic virtual platform: RAM begins at 0x80000000",
    ),
)
