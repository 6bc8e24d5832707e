def headers():
    return {"if-none-match": "1"}


def stock(answer):
    return answer["stock"]
