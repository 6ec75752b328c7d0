"""Commands of `office360`: a parser that imports no product code, and their modules."""
