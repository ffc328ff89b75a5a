# A loop that polls a name set by another thread must see it and end.
import threading
import time

flag = False
box = [False]


class Holder:
    flag = False


def set_all():
    global flag
    time.sleep(0.15)
    flag = True
    box[0] = True
    Holder.flag = True


def poll_global():
    n = 0
    while not flag:
        n += 1
    return n > 0


def poll_list():
    n = 0
    while not box[0]:
        n += 1
    return n > 0


def poll_attribute():
    n = 0
    while not Holder.flag:
        n += 1
    return n > 0


def poll_cell():
    stop = False

    def setter():
        nonlocal stop
        time.sleep(0.15)
        stop = True

    t = threading.Thread(target=setter)
    t.start()
    n = 0
    while not stop:
        n += 1
    t.join()
    return n > 0


for poll in (poll_global, poll_list, poll_attribute):
    flag = box[0] = Holder.flag = False
    t = threading.Thread(target=set_all)
    t.start()
    print(poll.__name__, poll())
    t.join()
print(poll_cell())

flag = False
t = threading.Thread(target=set_all)
t.start()
n = 0
while not flag:
    n += 1
t.join()
print("module", n > 0)

flag = False
t = threading.Thread(target=set_all)
t.start()
n = 0
while True:
    n += 1
    if flag:
        break
t.join()
print("break", n > 0)
