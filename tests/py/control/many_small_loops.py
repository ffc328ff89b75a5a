# Three hundred functions with a loop each: many traces, more than a small code
# cache holds, all run again after others have taken their place.
# jit-expect: compile >= 1

functions = []
for k in range(300):
    source = [
        f"""
def f(n, k={k}):
    s = k
    for i in range(n):
        s = (s * 3 + i + {k}) % 1000003
    return s
""",
        f"""
def f(n, k={k}):
    i = s = 0
    while i < n:
        if i & {k % 7 + 1}:
            s += {k}
        i += 1
    return s
""",
        f"""
def f(n, k={k}):
    x = {k}.5
    for i in range(n):
        x = x * 0.5 + i
    return repr(x)
""",
    ][k % 3]
    scope = {}
    exec(source, scope)
    functions.append(scope["f"])

digest = 0
for round_ in range(3):
    for index, function in enumerate(functions):
        result = function(60 if round_ else 20)
        digest = (digest * 31 + hash(str(result).count("1")) + index) % 1000000007
    print(round_, digest)

for function in functions[:30]:
    print(function(1500), end=" ")
print()
for function in functions[:30]:
    print(function(1200), end=" ")
print()
