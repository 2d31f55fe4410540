# A manifest with what MicroPython itself has on other boards, and nothing of ours.
include("$(MPY_DIR)/extmod/asyncio")
module("_boot.py", base_path="../../boards/QEMU_ARM", opt=3)
