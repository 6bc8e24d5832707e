"""What can go wrong, by who must act."""


class ShopError(Exception):
    """Any error of the shop."""


class InvalidRequestError(ShopError):
    """The caller asked for something that makes no sense."""


class StoreError(ShopError):
    """The store does not answer."""
