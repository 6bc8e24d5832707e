import json

ROUNDS = 8000


def mix(number):
    for _ in range(ROUNDS):
        number = (number * 31 + 7) % 1000003
    return number


async def answer(number):
    return json.dumps({"mixed": mix(number)}).encode()
