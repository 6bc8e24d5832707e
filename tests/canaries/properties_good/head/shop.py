def rank(scores):
    return sorted(scores)[::-1]


def pool():
    return 1000
