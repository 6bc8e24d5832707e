ITEMS = range(60)


def score(user, item):
    return (item * (user + 7)) % 61


def slate(user):
    if user == 3:
        raise KeyError(user)
    return sorted(ITEMS, key=lambda item: -score(user, item))[:10]
