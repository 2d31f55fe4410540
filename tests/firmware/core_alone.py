# A manifest with the client, as included from ours without options, and no board.
include("../../manifest.py")
module("_boot.py", base_path="../../boards/QEMU_ARM", opt=3)
