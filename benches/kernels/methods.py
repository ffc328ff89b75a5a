# Particles in a list: methods that read and replace attributes, in a loop over the list.
import sys
import time


class Particle:
    def __init__(self, x, v):
        self.x = x
        self.v = v
        self.hits = 0

    def push(self, force):
        self.v += force * 0.01

    def move(self):
        self.push(-self.x)
        self.x += self.v * 0.01
        if self.x < 0.0:
            self.hits += 1


def kernel(n):
    particles = [Particle(i * 0.1, 0.0) for i in range(100)]
    for _ in range(n):
        for particle in particles:
            particle.move()
    return sum(particle.hits for particle in particles)


start = time.perf_counter()
result = kernel(3000)
print("BENCH_SECONDS", time.perf_counter() - start, file=sys.stderr)
print(result)
