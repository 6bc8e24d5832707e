"""A tiny data set in the MovieLens CSV format, written by the test that needs it."""

from pathlib import Path

MOVIES = """movieId,title,genres
1,Toy Story (1995),Adventure|Animation|Children
2,"Usual Suspects, The (1995)",Crime|Mystery
10,"City of Lost Children, The (Cité des enfants perdus, La) (1995)",Adventure
30,Fawlty Towers (1975-1979),Comedy
4,No Year At All,(no genres listed)
"""
RATINGS = """userId,movieId,rating,timestamp
7,1,4.0,1000000000
7,2,3.0,1000000100
7,10,2.5,1000000200
12,1,5.0,1100000000
12,4,3.5,1100086400
"""


def sample(folder: Path, movies: str = MOVIES, ratings: str = RATINGS) -> Path:
    """Write both files into a directory that exists, and return it."""
    (folder / "movies.csv").write_text(movies, encoding="utf-8")
    (folder / "ratings.csv").write_text(ratings, encoding="utf-8")
    return folder
