# Give a board without a unique number one, in a file that is written completely or not at all.
import os

with open("provisioning_id.new", "w") as file:
    file.write(text)
os.rename("provisioning_id.new", "provisioning_id")
answer(text)
