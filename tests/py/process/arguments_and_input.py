# Arguments and standard input reach the program as without the JIT.
# jit-expect: compile >= 1
# jit-args: 3000 two --three
# jit-stdin: 5 6 7
# jit-stdin: 0.5
import sys

print(sys.argv[1:])
n = int(sys.argv[1])
numbers = [int(x) for x in input().split()]
x = float(input())
s = 0
for i in range(n):
    s += numbers[i % 3]
    x = x * 0.5 + i
print(s, repr(x))
try:
    input()
except EOFError as e:
    print(repr(e))
