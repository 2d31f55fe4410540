# A manifest: the client, as `include` of ours brings it without options, and no board.
include("../../manifest.py")
module("_boot.py", base_path="../../boards/QEMU_ARM", opt=3)
