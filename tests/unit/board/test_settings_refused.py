"""What a full or failing flash refuses leaves the settings as they were, with no rest; and so does bad input."""

from arduino_cloud_board.key_store import LARGEST, KeyNotFound, KeyStore, open as open_store
from arduino_cloud_board.settings import Settings
from key_rig import FOLDER, KeyFiles
from portable_assert import raises
from se05x_chip import SE05XChip
from stands_in import Stands
from storage_rig import Flash, PowerCut
from test_key_atecc608 import a_certificate, keys as atecc608_keys, set_up
from test_key_se05x import keys as se05x_keys

TIMEOUT = 240
HEAPSIZE = "8m"
SECRET = "a secret that is shown nowhere"
OLD = {"server": "10.0.0.1"}
NEW = {"server": "10.0.0.2", "port": 8884, "notes": "n" * 80}


class NoSecrets:
    """An empty secrets.py."""


class Short(KeyFiles):
    """Files in a flash with room for so many bytes; a file takes 16 of its own."""

    room = None

    def open(self, name, mode):
        file = super().open(name, mode)
        write = file.write

        def counted(data):
            used = sum([16 + len(one) for one in self.content.values()])
            if self.room is not None and used + len(data) > self.room:
                write(data[: max(0, self.room - used)])
                raise OSError(28)  # ENOSPC
            return write(data)

        file.write = counted
        return file

    def size(self):
        """What is taken."""
        return sum([16 + len(one) for one in self.content.values()])

    def everything(self):
        """What is there."""
        return dict(self.content)


class ShortNVS(Flash):
    """An NVS with little room."""

    def size(self):
        """What is taken, in entries."""
        return sum([2 + (len(blob) + 31) // 32 for blob in self.spaces["arduino"].values()])

    def everything(self):
        """What is there."""
        return dict(self.spaces["arduino"])


MEDIA = (
    lambda: (Short(False, True), FOLDER),
    lambda: (Short(True, True), FOLDER),
    lambda: (Short(False, False), FOLDER),
    lambda: (ShortNVS(True), "nvs:arduino"),
    lambda: (ShortNVS(False), "nvs:arduino"),
)


def empty(number):
    """The medium of this number, and settings in it."""
    medium, where = MEDIA[number]()
    return medium, Settings(open_store(where))


def provisioned(number):
    """The medium of this number, and settings in it with an old device."""
    medium, kept = empty(number)
    kept.set_networks([{"ssid": "home", "password": SECRET}])
    kept.set_cloud(OLD, b"old root")
    kept.set_device("old", "old key")
    return medium, kept


def test_whatever_room_there_is_a_new_device_is_stored_or_the_old_one_is_as_it_was():
    actions = (
        lambda kept: kept.set_device("new-device-1", SECRET * 2),
        lambda kept: kept.set_device("new-device-1" * 8, SECRET),
        lambda kept: kept.set_device("new-device-1" * 8),
        lambda kept: kept.set_cloud(NEW, b"new root" * 9),
        lambda kept: kept.set_cloud({}, b"new root" * 9),
        lambda kept: kept.set_device("new", "new key", cloud=NEW, root=b"new root" * 9, certificate=b"new" * 20),
        lambda kept: kept.save({"ssid": "new", "password": SECRET, "device_id": "new", "secret_key": SECRET * 2}),
        lambda kept: kept.set_networks([{"ssid": "network %d" % i, "password": SECRET} for i in range(6)]),
    )
    with Stands("secrets", NoSecrets):
        for action in actions:
            refused = stored = 0
            for number in range(5):
                medium, kept = provisioned(number)
                action(kept)
                wanted = medium.everything()
                step = 1 if number > 2 else 23
                extra = 0
                done = False
                while not done:
                    medium, kept = provisioned(number)
                    before = medium.everything()
                    medium.room = medium.size() + extra
                    try:
                        action(kept)
                    except OSError as error:
                        assert error.args[0] in (28, -0x1105) and "shown" not in str(error)
                        assert medium.everything() == before, (extra, medium.everything(), before)
                        refused += 1
                    else:
                        assert same(medium.everything(), wanted), (extra, medium.everything(), wanted)
                        stored += 1
                        done = True
                    extra += step
            assert refused > 5 and stored == 5


def same(found, wanted):
    """Whether the contents are the same, apart from the order of the names in the list of an NVS."""
    names = [one for one in wanted if one != "*names"]
    return sorted(found) == sorted(wanted) and all([found[one] == wanted[one] for one in names])


def test_a_first_device_that_does_not_fit_leaves_nothing():
    with Stands("secrets", NoSecrets):
        for number in range(5):
            medium, kept = empty(number)
            medium.room = 3 if number > 2 else 30
            raises(OSError, kept.set_device, "device-1", SECRET)
            left = [one for one in medium.everything() if one != "*names"]
            assert not left and kept.device_id() == "" and kept.keys.names() == []


def test_values_that_are_not_possible_are_refused_before_anything_is_done():
    with Stands("secrets", NoSecrets):
        for number in range(5):
            medium, kept = provisioned(number)
            before = medium.everything()
            used = medium.supply.used
            for call, said in (
                (lambda: kept.set_device("", SECRET), "device_id: text expected, got none"),
                (lambda: kept.set_device(None, SECRET), "device_id: text expected, not NoneType"),
                (lambda: kept.set_device(b"device", SECRET), "device_id: text expected, not bytes"),
                (lambda: kept.set_device(5, SECRET), "device_id: text expected, not int"),
                (lambda: kept.set_device("new", ""), "secret_key: text expected, got none"),
                (lambda: kept.set_device("new", 12345678), "secret_key: text expected, not int"),
                (lambda: kept.set_device("new", SECRET.encode()), "secret_key: text expected, not bytes"),
                (lambda: kept.set_device("new", SECRET * 200), "'secret_key': 1 to 4000 bytes expected, not 6000"),
                (lambda: kept.set_device("new" * 2000, SECRET), "'device_id': 1 to 4000 bytes expected, not 6000"),
                (
                    lambda: kept.set_device("new", SECRET, cloud=NEW, root=b""),
                    "'root': 1 to 4000 bytes expected, not 0",
                ),
                (
                    lambda: kept.set_device("new", certificate=SECRET),
                    "'certificate': 1 to 4000 bytes expected, not str",
                ),
                (lambda: kept.set_cloud(NEW, SECRET), "'root': 1 to 4000 bytes expected, not str"),
                (lambda: kept.set_cloud(SECRET), "cloud: a dict of values that JSON has expected, not str"),
                (lambda: kept.set_cloud([1]), "cloud: a dict of values that JSON has expected, not list"),
                (lambda: kept.set_cloud({"server": Settings}), "cloud: a dict of values that JSON has expected"),
                (lambda: kept.set_cloud({"notes": "n" * LARGEST}), "'cloud': 1 to 4000 bytes expected, not 40"),
                (lambda: kept.save({"ssid": "new", "password": "7 chars"}), "new: password: expected 8 to 63"),
                (
                    lambda: kept.save(
                        {"ssid": "new", "password": SECRET, "device_id": "d", "secret_key": SECRET * 200}
                    ),
                    "'secret_key': 1 to 4000 bytes expected, not 6000",
                ),
            ):
                error = raises(ValueError, call)
                assert said in str(error) and "shown" not in str(error), error
            assert medium.everything() == before and medium.supply.used == used


def test_a_flash_that_fails_at_any_moment_keeps_the_old_device():
    # Every write, rename or deletion after the first few fails: nothing can be put back then, but what is there is never
    # an id with the other one's key.
    with Stands("secrets", NoSecrets):
        for number in range(5):
            for healed in (False, True):
                for units in range(900):
                    medium, kept = provisioned(number)
                    medium.supply.units = units
                    fails(medium.supply, healed)
                    try:
                        kept.set_device("new", "new key", cloud=NEW, root=b"new root")
                    except OSError:
                        pass
                    else:
                        break
                    finally:
                        mend(medium.supply)
                    found = {name: kept.keys.load(name) for name in kept.keys.names() if name[:4] != "new_"}
                    if "device_id" in found:
                        old = (b"old", b"old key", b'{"server": "10.0.0.1"}', b"old root")
                        now = tuple([found.get(one) for one in ("device_id", "secret_key", "cloud", "root")])
                        assert now[0] != b"old" or now == old, (number, healed, units, now)
                    else:
                        assert not healed, (number, units, found)  # a single failure leaves the old device
                assert units > 10


def fails(supply, healed):
    """Let a supply that is used up raise EIO: once if `healed`, else always."""
    kept = supply.take

    def take():
        try:
            kept()
        except PowerCut:
            if healed:
                supply.units = None
            raise OSError(5)

    supply.take = take


def mend(supply):
    """Let the supply be sound."""
    supply.units = None
    del supply.take


def test_a_store_whose_commit_fails_once_has_the_old_device():
    for keeps in (False, True):
        flash = Flash(keeps)
        kept = Settings(open_store("nvs:arduino"))
        kept.set_device("old", "old key")
        for number in range(12):
            calls = []
            commit = kept.keys._nvs.commit

            def failing(units=1, calls=calls, commit=commit, number=number):
                calls.append(units)
                if len(calls) == number + 1:
                    raise OSError(-0x1105)
                return commit(units)

            kept.keys._nvs.commit = failing
            try:
                kept.set_device("new", "new key")
            except OSError:
                kept.keys._nvs.commit = commit
                found = kept.client_arguments()
                assert (found["device_id"], found["password"]) == ("old", "old key"), (keeps, number)
            else:
                kept.keys._nvs.commit = commit
                kept.set_device("old", "old key")
        assert flash.spaces


class ChipThatRefuses(KeyStore):
    """A chip that refuses certificates."""

    in_chip = True

    def __init__(self):
        self.kept = b"old certificate"
        self.refuses = True

    def load(self, name):
        if not self.kept:
            raise KeyNotFound(name, self)
        return self.kept

    def store(self, name, data):
        if self.refuses:
            raise OSError(5)
        self.kept = data


def test_a_chip_that_refuses_the_certificate_keeps_the_old_device():
    with Stands("secrets", NoSecrets):
        for number in range(5):
            files, kept = provisioned(number)
            kept.chip = ChipThatRefuses()
            before = files.everything()
            raises(OSError, lambda: kept.set_device("new", cloud=NEW, certificate=b"new certificate"))
            assert same(files.everything(), before) and kept.chip.kept == b"old certificate"
            kept.chip.refuses = False
            files.room = files.size() + 2
            raises(OSError, lambda: kept.set_device("new", cloud=NEW, certificate=b"new certificate"))
            assert same(files.everything(), before) and kept.chip.kept == b"old certificate"
            files.room = None
            kept.set_device("new", cloud=NEW, certificate=b"new certificate")
            assert kept.chip.kept == b"new certificate" and kept.device_id() == "new"


def test_a_certificate_that_a_real_chip_does_not_take_keeps_the_old_device():
    chips = [se05x_keys(SE05XChip()), atecc608_keys(set_up())]
    with Stands("secrets", NoSecrets):
        for chip in chips:
            if not chip.names():
                chip.create_key("key")
                chip.store("certificate", b"0\1c")
            KeyFiles()
            kept = Settings(open_store(FOLDER), chip)
            kept.set_device("old")
            before = chip.load("certificate")
            wrong = b"" if str(chip) == "se05x" else b"not a certificate"
            raises(ValueError, lambda: kept.set_device("new", certificate=wrong))
            assert kept.device_id() == "old" and chip.load("certificate") == before
            kept.set_device("new", certificate=before if str(chip) != "se05x" else a_certificate()[0])
            assert kept.device_id() == "new"


def test_a_cut_at_any_moment_leaves_the_old_device_with_its_cloud_or_the_new_one_or_none():
    old = ("old", "old key", "10.0.0.1", b"old root")
    new = ("new", "new key", "10.0.0.2", b"new root")
    with Stands("secrets", NoSecrets):
        for number in range(5):
            for units in range(3000):
                medium, kept = provisioned(number)
                medium.supply.units = units
                try:
                    kept.set_device("new", "new key", cloud={"server": "10.0.0.2"}, root=b"new root")
                    done = True
                except PowerCut:
                    done = False
                medium.supply.units = None
                again = Settings(open_store(str(kept.keys)))
                if again.device_id():
                    found = again.client_arguments()
                    whole = found["device_id"], found["password"], found["server"], again.keys.load("root")
                    assert whole in ((new,) if done else (old, new)), (number, units, whole)
                again.set_device("new", "new key", cloud={"server": "10.0.0.2"}, root=b"new root")
                assert again.client_arguments()["server"] == "10.0.0.2"
                assert not [name for name in again.keys.names() if name[:4] == "new_"]
                if done:
                    break
            assert units > 15
