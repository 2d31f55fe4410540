# A board without a number of its own gets one, in a file: whole, or not at all.
import os

with open("provisioning_id.new", "w") as file:
    file.write(text)
os.rename("provisioning_id.new", "provisioning_id")
answer(text)
