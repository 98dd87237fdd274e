"""Meaning of the name of a folder: a split, a mask, a part, a date, or a filler."""

import re
from collections.abc import Collection, Iterable


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_SPLITS = _set(
    "train training trn val valid validation validate test testing tst dev devel development "
    "eval evaluation holdout heldout"
)
_WEAK_SPLITS = _set("pred predict prediction predictions extra submission unseen")
"""Names of splits only beside a folder with the name of another split."""
_SHORT_SPLITS = _set("tr ts te va")
"""Names of splits only together with a filler, as in imagesTr."""
_FILLERS = _set(
    "image images img imgs pic pics picture pictures photo photos jpegimages jpegs jpeg jpg "
    "png data dataset datasets set sets split splits subset sample samples file files folder "
    "frames raw input inputs original originals rgb audio wav wavs recording recordings sound "
    "sounds archive"
)
_MASKS = _set(
    "mask masks gt gts groundtruth ground truth seg segs segmentation segmentations annotation "
    "annotations annot annots label labels lbl lbls trimap trimaps"
)
_SURE_MASKS = _set("masks groundtruth truth segmentation segmentations trimaps")
_OF_MASKS = _set("class object color colour instance semantic binary fine coarse")
_PARTS = _set("fold folds part parts batch batches chunk chunks shard shards cv")
_KNOWN = _SPLITS | _FILLERS | _MASKS | _PARTS
_UNLABELLED = frozenset({"unlabelled", "unlabeled", "unlabelleddata", "unlabeleddata"})
_DATE = re.compile(
    r"(19|20)\d\d([-_. ]?(0[1-9]|1[0-2])([-_. ]?(0[1-9]|[12]\d|3[01]))?)?([-_ T]\d{4,6})?|"
    r"(0[1-9]|[12]\d|3[01])[-_.](0[1-9]|1[0-2])[-_.](19|20)\d\d"
)
_CAMERA = re.compile(r"[1-9]\d\d(_?[A-Z][A-Z0-9_]{3,4})|DCIM")
"""Folders that cameras make: 100APPLE, 101CANON, 100_PANA."""


def words(name: str) -> tuple[str, ...]:
    """The words and numbers in a name, in lower case: trainImages_2017 is train, images, 2017."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).lower()
    return tuple(word for part in re.findall(r"[^\W\d_]+|\d+", spaced) for word in _unglued(part))


def _unglued(part: str) -> tuple[str, ...]:
    """Two known words that are written as one: trainset is train, set."""
    if part not in _KNOWN:
        for at in range(2, len(part) - 1):
            if part[:at] in _KNOWN and part[at:] in _KNOWN:
                return part[:at], part[at:]
    return (part,)


def _without_numbers(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for word in found if not word.isdigit())


def is_unlabelled(name: str) -> bool:
    """Whether the files of the folder have no label: _unlabelled, Unlabeled."""
    return re.sub(r"[\W_]+", "", name).lower() in _UNLABELLED


def is_split(name: str) -> bool:
    """Whether the name is that of a split, in a usual spelling: valid, Training Set, images_dev."""
    return _are_split(words(name))


def _are_split(found: tuple[str, ...]) -> bool:
    left = _without_numbers(found)
    if "".join(left) in _SPLITS:  # hold-out
        return True
    if any(word in _FILLERS for word in left) and any(word in _SHORT_SPLITS for word in left):
        left = tuple(word for word in left if word not in _SHORT_SPLITS)
        return all(word in _FILLERS for word in left)
    return any(word in _SPLITS for word in left) and all(
        word in _SPLITS or word in _FILLERS for word in left
    )


def split_names(names: Collection[str]) -> frozenset[str]:
    """Return the splits among the folders `names`, which are beside each other.

    Words that all names have are ignored: birds_train and birds_test are splits.
    """
    found = {name: words(name) for name in names}
    splits = {name for name in names if _are_split(found[name])}
    if len(names) > 1:
        rests = _without_common(found)
        splits |= {name for name, rest in rests.items() if _are_split(rest)}
        if splits:
            weak = {n for n, rest in rests.items() if set(rest) and set(rest) <= _WEAK_SPLITS}
            splits |= weak
    return frozenset(splits)


def _without_common(found: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The words of each name without the words with which all names begin or end."""
    every = list(found.values())
    shortest = min(map(len, every))
    head = next((i for i in range(shortest) if len({w[i] for w in every}) > 1), shortest)
    tail = next(
        (i for i in range(shortest - head) if len({w[-1 - i] for w in every}) > 1),
        shortest - head,
    )
    return {name: w[head : len(w) - tail] for name, w in found.items()}


def kind_of_split(name: str) -> str:
    """The first letters of the word that makes the name a split, to compare splits."""
    return next((word[:2] for word in words(name) if word in _SPLITS), name)


def is_filler(name: str) -> bool:
    """Whether the name has only words that describe any data: images, Data, photos_2."""
    left = _without_numbers(words(name))
    return bool(left) and all(word in _FILLERS for word in left)


def is_mask(name: str) -> bool:
    """Whether the name may be that of a folder of masks: ground_truth, train_masks, labels."""
    left = _without_numbers(words(name))
    allowed = _MASKS | _FILLERS | _SPLITS | _SHORT_SPLITS | _OF_MASKS
    return any(word in _MASKS for word in left) and all(word in allowed for word in left)


def is_surely_mask(name: str) -> bool:
    """Whether the name of a folder for which `is_mask` holds can hardly mean anything else."""
    return any(word in _SURE_MASKS for word in words(name))


def are_parts(names: Collection[str]) -> bool:
    """Whether the names differ in a number only, and call the folders parts: fold1, part_02."""
    found = [words(name) for name in names]
    left = {_without_numbers(w) for w in found}
    return (
        len(left) == 1
        and all(any(word.isdigit() for word in w) for w in found)
        and any(word in _PARTS or word in _FILLERS for word in next(iter(left)))
    )


def are_folds(names: Collection[str]) -> bool:
    """Whether the parts `names` are the folds of a cross-validation."""
    return all({"fold", "folds", "cv"} & set(words(name)) for name in names)


def are_dates(names: Collection[str]) -> bool:
    """Whether the names are dates, or folders that cameras make: 2024-05-01, 100APPLE."""
    return all(_DATE.fullmatch(name) or _CAMERA.fullmatch(name) for name in names)


def are_numbers(names: Collection[str]) -> bool:
    """Whether each name has only digits and punctuation."""
    return all(re.fullmatch(r"[\d\W_]+", name) for name in names)
