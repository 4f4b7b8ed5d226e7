"""What integers lose of a float network: measured on samples, layer by layer."""

from .measure import LayerLoss, Loss, Measured, measure

__all__ = ["LayerLoss", "Loss", "Measured", "measure"]
