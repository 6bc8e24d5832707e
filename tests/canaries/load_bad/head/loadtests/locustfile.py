import random

from locust import FastHttpUser, between, task


class Caller(FastHttpUser):
    wait_time = between(1, 3)

    @task
    def mix(self):
        with self.client.get(f"/mix?n={random.randrange(10**6)}", name="/mix", catch_response=True) as response:
            if "mixed" not in (response.text or ""):
                response.failure("no number")
