ITEMS = range(60)


def score(user, item):
    return (item * (user + 7)) % 61


def best(user):
    return sorted(ITEMS, key=lambda item: score(user, item), reverse=True)


def slate(user):
    return best(user)[:10]
