"""One table says which state of a connection may follow which; any other move is an error."""

from arduino_iot_cloud.session import Session
from arduino_iot_cloud.states import MOVES, check
from arduino_iot_cloud.user.connection import UserSession
from portable_assert import raises

TABLE = {}
for line in MOVES.strip().split("\n"):
    TABLE[line.split(" ")[0]] = line.split(" ")[1:]


def test_each_move_is_allowed_or_raises_by_the_table():
    for state in TABLE:
        for to in TABLE:
            if to in TABLE[state]:
                check(state, to)
            else:
                assert state in str(raises(RuntimeError, check, state, to))


def test_words_that_are_no_states_lead_nowhere():
    for state in ("", "Conn", "ConnectPh", "onnectPhy"):
        for to in ("", "Init", "ConnectPhy", "Disconnect"):
            raises(RuntimeError, check, state, to)
            raises(RuntimeError, check, "Init", state)


def test_a_session_changes_its_state_by_the_table_alone():
    UserSession.on_change = lambda session: None
    for session in (Session("d", {}), UserSession("d")):
        assert session.state == "Init"
        raises(RuntimeError, session.begin, 0)
        raises(RuntimeError, session.move, "Connected")
        assert session.state == "Init"
        session.move("ConnectPhy")
        session.move("ConnectMqttBroker")
        session.begin(0)
        raises(RuntimeError, session.move, "ConnectPhy")
        session.end()
        assert session.state == "Disconnect"
