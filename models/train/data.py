"""Questions and passages, as `training-pairs` wrote them, and the batches that are made of them."""

import json
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Question:
    """`answer` is a chunk's number, `own` and `doubtful` are ranges of chunks that are not wrong."""

    ids: list
    weights: list
    answer: int
    own: tuple
    rivals: list
    doubtful: list

    def may_answer(self, chunk):
        """Whether a chunk must not be trained on as wrong."""
        return any(start <= chunk < end for start, end in (self.own, *self.doubtful))


class Corpus:
    """The chunks (lists of token ids) and questions of one corpus."""

    def __init__(self, path):
        self.path = Path(path)
        self.chunks, self.questions = [], []
        with open(path) as lines:
            self.head = json.loads(next(lines))
            for line in map(json.loads, lines):
                if "chunk" in line:
                    self.chunks.append(line["chunk"])
                elif line["question"] and line["weights"]:
                    self.questions.append(Question(
                        line["question"], line["weights"], line["answer"], tuple(line["section"]),
                        line["rivals"], [tuple(section) for section in line["doubtful"]],
                    ))
        self.name = self.head["corpus"]
        self.by_answer, self.by_section = defaultdict(list), defaultdict(list)
        for number, question in enumerate(self.questions):
            self.by_answer[question.answer].append(number)
            for chunk in range(*question.own):
                self.by_section[chunk].append(number)


class Batches:
    """Batches without end, each of one corpus: some questions drawn at random and, beside each, questions
    of the sections that docent's ranking puts next to its own. So the passages of a batch are each other's
    hard negatives, at no further cost.

    Corpora take turns; within a corpus every question is drawn once before any is drawn again.
    """

    def __init__(self, corpora, size, neighbours, seed):
        self.corpora, self.size, self.neighbours = corpora, size, neighbours
        self.random = random.Random(seed)
        self.queues = [[] for _ in corpora]
        self.turns = []

    def _next_question(self, turn):
        queue = self.queues[turn]
        if not queue:
            queue.extend(range(len(self.corpora[turn].questions)))
            self.random.shuffle(queue)
        return queue.pop()

    def _neighbours(self, corpus, number, taken):
        rivals = list(corpus.questions[number].rivals)
        self.random.shuffle(rivals)
        found = 0
        for chunk in rivals:
            asked = corpus.by_answer.get(chunk) or corpus.by_section.get(chunk) or []
            asked = [other for other in asked if other not in taken]
            if asked and found < self.neighbours:
                found += 1
                yield self.random.choice(asked)

    def __next__(self):
        """A corpus and the numbers of different questions of it."""
        if not self.turns:
            self.turns = list(range(len(self.corpora)))
            self.random.shuffle(self.turns)
        turn = self.turns.pop()
        corpus = self.corpora[turn]
        size = min(self.size, len(corpus.questions))
        numbers = []
        while len(numbers) < size:
            number = self._next_question(turn)
            if number in numbers:
                continue
            numbers.append(number)
            for other in self._neighbours(corpus, number, set(numbers)):
                if len(numbers) < size and other not in numbers:
                    numbers.append(other)
        return corpus, numbers

    def state(self):
        """What is needed to go on from here."""
        return {"random": self.random.getstate(), "queues": self.queues, "turns": self.turns}

    def restore(self, state):
        self.random.setstate(state["random"])
        self.queues, self.turns = state["queues"], state["turns"]
