#!/usr/bin/env python3
"""What one parent a network gets wrong where networks buy from several.

Networks as in bench/outbreak_ranking.c: each buys from two that are there, in proportion to their
connections. Beside each other: the share of pairs that filters at the networks with the most below
them leave connected, (1) by routes as networks prefer them, customers' before providers', then the
shortest (Gao & Rexford 2001, DOI 10.1109/90.974523), (2) by the tree of docs/topology.md, and (3) by
that tree with each further provider as a peer. And of how many pairs (2) and (3) say the same as
(1). Usage: outbreak_routes.py [NETWORKS [FILTERS [DESTINATIONS]]]"""
import random
import sys


def draw_networks(count, chance):
    ends, sellers = [], [[]]
    for node in range(1, count):
        first = chance.choice(ends) if ends else 0
        second = first
        while node > 1 and second == first:
            second = chance.choice(ends)
        sellers.append(sorted({first, second}))
        for seller in sellers[node]:
            ends += [seller, node]
    return sellers


def order_distance(sellers, buyers, destination):
    """Next hop of everybody towards the destination, by preference; it is reached by all."""
    count = len(sellers)
    hop, length, way = [None] * count, [0] * count, [destination]
    hop[destination] = destination
    for at in way:  # up: everybody who has the destination among its customers
        for seller in sellers[at]:
            if hop[seller] is None:
                hop[seller], length[seller] = at, length[at] + 1
                way.append(seller)
    by_length = {}
    for at in way:
        by_length.setdefault(length[at], []).append(at)
    steps = 0
    while by_length:  # down: the shortest of what sellers offer
        for at in sorted(by_length.pop(steps, [])):
            for buyer in buyers[at]:
                if hop[buyer] is None:
                    hop[buyer], length[buyer] = at, steps + 1
                    by_length.setdefault(steps + 1, []).append(buyer)
        steps += 1
    return hop, length


def pass_by_hops(hop, length, filtered):
    """Of everybody: no filter stands on its way, the ends included."""
    free = [False] * len(hop)
    for at in sorted((n for n in range(len(hop)) if hop[n] is not None), key=length.__getitem__):
        free[at] = not filtered[at] and (hop[at] == at or free[hop[at]])
    return free


class Tree:
    def __init__(self, sellers, buyers, filtered):
        self.parent = [max(s, key=lambda n: (len(buyers[n]), -n)) if s else None for s in sellers]
        for node, parent in enumerate(self.parent):  # as kenbi: none with fewer customers
            if parent is not None and len(buyers[parent]) < len(buyers[node]):
                self.parent[node] = None
        self.filtered, self.links = filtered, [[] for _ in sellers]
        for node, some in enumerate(sellers):
            for seller in some:
                if seller != self.parent[node]:
                    self.links[seller].append(node)
                    self.links[node].append(seller)

    def up(self, node):
        way = []
        while node is not None:
            way.append(node)
            node = self.parent[node]
        return way

    def free(self, source, above, depth, peers):
        """`above`: the way up from the destination; `depth`: of each on it, its place there."""
        for at in self.up(source):
            if self.filtered[at]:
                return False
            if at in depth:
                return not any(self.filtered[n] for n in above[:depth[at]])
            near = [depth[n] for n in self.links[at] if n in depth] if peers else []
            if near:
                return not any(self.filtered[n] for n in above[:min(near) + 1])
        return not any(self.filtered[n] for n in above)


def main():
    count, filters, samples = (list(map(int, sys.argv[1:])) + [20000, 30, 60][len(sys.argv) - 1:])
    chance = random.Random(1)
    sellers = draw_networks(count, chance)
    buyers = [[] for _ in sellers]
    for node, some in enumerate(sellers):
        for seller in some:
            buyers[seller].append(node)
    below = Tree(sellers, buyers, []).up
    weight = [0] * count
    for node in range(count):
        for at in below(node):
            weight[at] += 1
    filtered = [False] * count
    for node in sorted(range(count), key=lambda n: -weight[n])[:filters]:
        filtered[node] = True
    tree = Tree(sellers, buyers, filtered)
    pairs, free, alike = 0, [0, 0, 0], [0, 0]
    for destination in chance.sample(range(count), samples):
        exact = pass_by_hops(*order_distance(sellers, buyers, destination), filtered)
        above = tree.up(destination)
        depth = {node: place for place, node in enumerate(above)}
        for source in range(count):
            if source == destination:
                continue
            says = [exact[source], tree.free(source, above, depth, False),
                    tree.free(source, above, depth, True)]
            pairs += 1
            for i in range(3):
                free[i] += says[i]
            for i in range(2):
                alike[i] += says[i + 1] == says[0]
    print(f"{count} networks, {filters} filters, {pairs} pairs")
    for name, left in zip(("routes by preference", "tree", "tree, further providers as peers"), free):
        print(f"{name:34} {100 * left / pairs:8.3f} % of pairs without a filter on the way")
    for name, same in zip(("tree", "tree, further providers as peers"), alike):
        print(f"{name:34} {100 * same / pairs:8.3f} % of pairs as by preference")


if __name__ == "__main__":
    main()
