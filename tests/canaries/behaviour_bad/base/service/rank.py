ITEMS = range(60)


def score(user, item):
    return (item * (user + 7)) % 61


def slate(user):
    return sorted(ITEMS, key=lambda item: -score(user, item))[:10]
