def headers():
    return {}


def stock(answer):
    return answer["stock"]
