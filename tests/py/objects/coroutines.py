# async functions with hot loops and awaits in loops.
import asyncio


class Ready:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        return self.value
        yield


class Once:
    def __await__(self):
        got = yield "paused"
        return got


async def hot(n):
    s = 0
    for i in range(n):
        s += await Ready(i)
    return s


async def pauses(n):
    s = 0
    i = 0
    while i < n:
        if i % 500 == 0:
            s += await Once()
        s += i
        i += 1
    return s


def drive(coroutine):
    sent = None
    count = 0
    while True:
        try:
            assert coroutine.send(sent) == "paused"
            count += 1
            sent = 1000
        except StopIteration as e:
            return e.value, count


print(drive(hot(3000)))
print(drive(pauses(3000)))


class Ticker:
    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        self.n -= 1
        if self.n < 0:
            raise StopAsyncIteration
        return self.n


async def agen(n):
    for i in range(n):
        yield i * 2


async def iterates(n):
    s = 0
    async for x in Ticker(n):
        s += x
    async for x in agen(n):
        s -= x
    ys = [y async for y in agen(n) if y % 3]
    return s, len(ys)


print(drive(iterates(2000)))


class Manager:
    def __init__(self):
        self.log = 0

    async def __aenter__(self):
        self.log += 1
        return self

    async def __aexit__(self, *error):
        self.log += 10
        return True


async def managed(n):
    m = Manager()
    for i in range(n):
        async with m:
            if i % 3 == 0:
                raise ValueError
    return m.log


print(drive(managed(1500)))


async def worker(name, n, out):
    s = 0
    for i in range(n):
        s += i
        if i % 500 == 0:
            await asyncio.sleep(0)
            out.append((name, i))
    return s


async def main():
    out = []
    results = await asyncio.gather(worker("a", 2000, out), worker("b", 1500, out))
    return results, out


print(asyncio.run(main()))
