def rank(scores):
    return sorted(scores, reverse=True)


def pool():
    return 1000
