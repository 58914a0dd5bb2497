"""The mapping assistant: proposes how an unknown export is read, with the evidence, and guesses
nothing. What it finds undecidable becomes a question, and the mapping is refused until answered.
"""
