"""Connect a fleet of devices in one process and let them publish, for tools/bench/cloud. JSON on stdin and stdout.

Orders, one per line:
{"connect": [[id, secret, thing, client id], …]}
{"publish": COUNT, "devices": HOW_MANY, "values": HOW_MANY_EACH}   as fast as possible
{"one": COUNT}                                                     one device, one message after the other
"""

import asyncio
import json
import resource
import sys
import time

import bench.setting  # noqa: F401  isort: skip -- it finds what the tests share
from publishers import Publisher


async def _connect(publishers, host, port):
    # Not all at once: TCP's queue of new connections is limited.
    free = asyncio.Semaphore(64)
    took = []

    async def one(publisher):
        async with free:
            begin = time.monotonic()
            await publisher.connect(host, port, keepalive=300)
            took.append(time.monotonic() - begin)

    begin = time.monotonic()
    await asyncio.gather(*map(one, publishers))
    took.sort()
    return {"seconds": time.monotonic() - begin, "median_s": took[len(took) // 2], "longest_s": took[-1]}


async def _publish(publishers, each, values):
    first = publishers[0].sent + 1
    begin = time.monotonic()

    async def one(publisher):
        for number in range(first, first + each):
            await publisher.publish(*(("n%d" % i, number) for i in range(values)))
        await publisher.done.wait()

    await asyncio.gather(*map(one, publishers))
    return {"acknowledged_s": time.monotonic() - begin}


async def _one(publisher, count):
    took = []
    for number in range(count):
        begin = time.monotonic()
        await publisher.publish(("n0", publisher.sent))
        await publisher.done.wait()
        took.append(time.monotonic() - begin)
        await asyncio.sleep(0.02)
    return {"median_s": sorted(took)[count // 2]}


async def _main(host, port):
    publishers = []
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        if "connect" in order:
            new = [Publisher(*each) for each in order["connect"]]
            answer = await _connect(new, host, port)
            publishers += new
        elif "one" in order:
            answer = await _one(publishers[0], order["one"])
        else:
            answer = await _publish(publishers[: order["devices"]], order["publish"], order["values"])
        answer["lost"] = sum(each.lost.is_set() for each in publishers)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
