"""Evidence review of PD-1/PD-L1 checkpoint inhibitors in neuroendocrine neoplasms."""
