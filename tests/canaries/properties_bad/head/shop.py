def rank(scores):
    return sorted(scores)


def pool():
    return 1000
