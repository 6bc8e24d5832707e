import json

ROUNDS = 8000


def mix(number):
    mixed = number
    for _ in range(ROUNDS):
        mixed = (mixed * 31 + 7) % 1000003
    return mixed


async def answer(number):
    return json.dumps({"mixed": mix(number)}).encode()
