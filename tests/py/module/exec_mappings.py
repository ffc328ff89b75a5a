# One code object, run with the globals as its local names and with a mapping of its own.
code = compile("for i in range(3000):\n x = x + 1\n y = x - i\n", "loop", "exec")
space = {"x": 0, "y": 0}
exec(code, space)
local = {"x": 100, "y": 0}
exec(code, space, local)
print(space["x"], local["x"], local["y"])
exec(code, space)
print(space["x"], space["y"])
other = {"x": -5, "y": 0}
exec(code, other)
print(other["x"], other["y"], space["x"])
