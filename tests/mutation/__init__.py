"""Tests of the tests: plant one fault, build, run the suite; a fault that no test notices is a hole in the suite.

    python -m tests.mutation                 the drawn faults, one after the other; goes on where it was stopped
    python -m tests.mutation --list          what would be planted
    python -m tests.mutation --only 17       plant that one again and show what the tests say
    python -m tests.mutation --report        the table so far (RESULTS.md is made of it)

`operators` knows what a fault looks like, `sample` draws some for each page, `workshop` is the copy of the tree in
which they are planted and judged, `report` counts. `survivors.json` holds a reason for each fault that survived.
"""
