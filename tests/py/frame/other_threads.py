# sys._current_frames() of a thread that runs a hot loop.
import sys
import threading
import time

stop = False
started = threading.Event()


def worker():
    n = 0
    started.set()
    while not stop:
        n += 1
    return n


thread = threading.Thread(target=worker)
thread.start()
started.wait()
names = set()
deadline = time.monotonic() + 0.3
while time.monotonic() < deadline:
    frame = sys._current_frames().get(thread.ident)
    while frame is not None:
        names.add(frame.f_code.co_name)
        frame = frame.f_back
stop = True
thread.join()
print("main" in names or "<module>" in names, thread.is_alive())
print(threading.get_ident() in sys._current_frames(), len(sys._current_frames()))
