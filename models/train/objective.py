"""What is minimized: two contrastive losses, one over sentence vectors, one over late interaction."""

import torch
from torch.nn import functional as F

from bert import encode

# The outer levels of docent's two-bit codes begin here, in standard deviations of a vector's values.
OUTER = 0.9816


def two_bits(tokens):
    """Token vectors as docent stores them, levels -3, -1, 1, 3, of unit length. Gradients pass through as
    if nothing had been rounded (Bengio et al., 2013, straight-through estimator)."""
    deviation = tokens.pow(2).mean(-1, keepdim=True).sqrt()
    size = torch.where(tokens.abs() >= OUTER * deviation, 3.0, 1.0)
    levels = torch.where(tokens >= 0, size, -size)
    return tokens + (F.normalize(levels, dim=-1) - tokens).detach()


def max_sim(questions, weights, passages, mask):
    """Late interaction (Khattab and Zaharia, 2020, equation 3) of each question with each passage: the
    weighted mean over the question's tokens of the best cosine with a token of the passage."""
    similar = torch.einsum("iqd,jpd->iqjp", questions, passages)
    best = similar.masked_fill(~mask[None, None], -1.0).amax(-1)
    return torch.einsum("iqj,iq->ij", best, weights)


def loss(model, corpus, numbers, temperature):
    """The loss of a batch, the sum of both contrastive losses, and each of them.

    InfoNCE (van den Oord et al., 2018): every question against the passages of all others, but for those
    that may answer it too.
    """
    questions = [corpus.questions[number] for number in numbers]
    asked, asked_tokens, asked_mask = encode(model, [q.ids for q in questions], groups=2)
    passages = [corpus.chunks[q.answer] for q in questions]
    answers, answer_tokens, answer_mask = encode(model, passages)

    weights = torch.zeros(asked_mask.shape)
    for row, question in enumerate(questions):
        weights[row, : len(question.weights)] = torch.tensor(question.weights)
    allowed = torch.tensor([
        [i == j or not q.may_answer(other.answer) for j, other in enumerate(questions)]
        for i, q in enumerate(questions)
    ])
    right = torch.arange(len(questions))
    dense = asked @ answers.T
    late = max_sim(asked_tokens, weights, two_bits(answer_tokens), answer_mask)
    dense_loss, late_loss = (
        F.cross_entropy((scores / temperature).masked_fill(~allowed, float("-inf")), right)
        for scores in (dense, late)
    )
    return dense_loss + late_loss, dense_loss.item(), late_loss.item()
