"""Meaning of a folder's name: a split, masks, a part of the data, a date, or nothing (images)."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_SPLITS = _set(
    "train training trn val valid validation validate test testing tst dev devel development "
    "eval evaluation holdout heldout"
)
_OF_SPLITS = _set("public private official")
"""Words that can stand beside the word for a split, as in PrivateTest."""
_WEAK_SPLITS = _set("pred predict prediction predictions extra submission unseen")
"""Folders with these names are splits only beside a folder with the name of another split."""
_SHORT_SPLITS = _set("tr ts te va")
"""Short names of splits, recognised only together with a word of _FILLERS, as in imagesTr."""
_FILLERS = _set(
    "image images img imgs pic pics picture pictures photo photos jpegimages jpegs jpeg jpg "
    "png data dataset datasets set sets split splits subset sample samples file files folder "
    "frames raw input inputs original originals rgb audio wav wavs recording recordings sound "
    "sounds archive"
)
_WEAK_FILLERS = _set("left right bit bits all cropped resized small large full of and the from")
"""Words without a meaning if the name also has one of _FILLERS, as left and bit in leftImg8bit."""
_MASKS = _set(
    "mask masks gt gts groundtruth ground truth seg segs segmentation segmentations annotation "
    "annotations annot annots label labels lbl lbls trimap trimaps manual"
)
_SURE_MASKS = _set("masks groundtruth truth segmentation segmentations trimaps")
_OF_MASKS = _set("class object color colour instance semantic binary fine coarse st nd")
_PARTS = _set("fold folds part parts batch batches chunk chunks shard shards cv")
_CLASSES = _set("class classes label category cat grade stage level type group genus species kind")
"""Words that name a class together with the number after them, as in class_1 or Grade II."""
_INDIVIDUALS = _set(
    "actor camera cam day device fly mouse mic participant patient person place plot rec recorder "
    "session site speaker station subject subj trap user visit"
)
"""Words that name a person, place or time together with the number after them, as in patient_1."""
_KNOWN = _SPLITS | _FILLERS | _MASKS | _PARTS
_UNLABELLED = frozenset({"unlabelled", "unlabeled", "unlabelleddata", "unlabeleddata"})
_DATE = re.compile(
    r"(19|20)\d\d([-_. ]?(0[1-9]|1[0-2])([-_. ]?(0[1-9]|[12]\d|3[01]))?)?([-_ T]\d{4,6})?|"
    r"(0[1-9]|[12]\d|3[01])[-_.](0[1-9]|1[0-2])[-_.](19|20)\d\d"
)
_ALBUM = re.compile(
    r"(\w*(f|ph)oto\w*?('s)?|pictures|bilder|images)[ _][^\W_]+[ _](19|20)\d\d", re.IGNORECASE
)
"""Albums of a year in Google's Takeout, such as "Photos from 2023" or "Fotos von 2022"."""
_CAMERA = re.compile(r"[1-9]\d\d(_?[A-Z][A-Z0-9_]{3,4})|DCIM")
"""Folders that cameras make, such as 100APPLE, 101CANON or 100_PANA."""


def words(name: str) -> tuple[str, ...]:
    """Return the lower-case words and numbers in a name, such as train and 2017 in Train2017."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).lower()
    spaced = re.sub(r"h(old|eld)[\W_]+out", "holdout", spaced)
    return tuple(word for part in re.findall(r"[^\W\d_]+|\d+", spaced) for word in _unglued(part))


def _unglued(part: str) -> tuple[str, ...]:
    """Split `part` into two known words, such as train and set for trainset.

    Return `part` alone if it is not made of two known words.
    """
    if part not in _KNOWN and len(part) <= 2 * max(map(len, _KNOWN)):
        for at in range(2, len(part) - 1):
            if part[:at] in _KNOWN and part[at:] in _KNOWN:
                return part[:at], part[at:]
    return (part,)


def _without_numbers(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for word in found if not word.isdigit())


def is_unlabelled(name: str) -> bool:
    """Whether the name states that the files have no label, as in _unlabelled or Unlabeled."""
    return re.sub(r"[\W_]+", "", name).lower() in _UNLABELLED


def is_split(name: str) -> bool:
    """Whether the name is a usual name of a split, such as valid, Training Set or images_dev."""
    return _are_split(words(name))


def _are_split(found: tuple[str, ...]) -> bool:
    # Single letters are left out, such as the b in "b. Test set".
    left = tuple(word for word in _without_numbers(found) if len(word) > 1)
    if "".join(left) in _SPLITS:  # matches names such as hold-out
        return True
    if any(word in _FILLERS for word in left) and any(word in _SHORT_SPLITS for word in left):
        left = tuple(word for word in left if word not in _SHORT_SPLITS)
        return all(word in _FILLERS for word in left)
    return any(word in _SPLITS for word in left) and all(
        word in _SPLITS or word in _FILLERS or word in _OF_SPLITS for word in left
    )


def split_names(names: Collection[str]) -> frozenset[str]:
    """Return the splits among the folders `names`, which are in the same folder.

    Names that differ only in the word for the split are names of splits: birds_train, birds_test.
    """
    found = {name: words(name) for name in names}
    splits = {name for name in names if _are_split(found[name])}
    by_rest: defaultdict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for name in names:
        kind, rest = _split_and_rest(name)
        by_rest[rest][name] = kind
    for alike in by_rest.values():
        kinds = {kind for kind in alike.values() if kind}
        if len(kinds) > 1:
            splits |= {name for name, kind in alike.items() if kind}
    if splits:
        known = [rest for rest, alike in by_rest.items() if splits & alike.keys()]
        for name in names:
            left = _without_numbers(found[name])
            weak = [word for word in left if word in _WEAK_SPLITS]
            if len(weak) == 1 and tuple(word for word in left if word != weak[0]) in known:
                splits.add(name)
    return frozenset(splits)


def _split_and_rest(name: str) -> tuple[str, tuple[str, ...]]:
    """Return the kind of the split that `name` begins or ends with, and the other words.

    The kind is "" if there is no split at the beginning or end.
    """
    left = _without_numbers(words(name))
    if left and left[0] in _SPLITS:
        return left[0][:2], left[1:]
    if left and left[-1] in _SPLITS:
        return left[-1][:2], left[:-1]
    return "", left


def class_in_split(names: Collection[str]) -> tuple[dict[str, tuple[str, str]], bool]:
    """Return the class and split that each name states, and whether the classes are doubtful.

    For example, train_cats, test_cats and train_dogs state two classes. The words beside the split
    are taken for a class if they differ, and if at least one class is in several splits. Otherwise
    no class is returned. The classes are doubtful if any class is in one split only.
    """
    found = {name: _split_and_rest(name) for name in names}
    kinds: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for kind, rest in found.values():
        kinds[rest].add(kind)
    words_only = all(
        rest and "" not in k and not is_filler(" ".join(rest)) for rest, k in kinds.items()
    )
    if len(kinds) < 2 or not words_only or all(len(k) < 2 for k in kinds.values()):
        return {}, False
    named = {
        name: ("_".join(rest), next(word for word in words(name) if word in _SPLITS))
        for name, (_, rest) in found.items()
    }
    return named, any(len(k) < 2 for k in kinds.values())


def kind_of_split(name: str) -> str:
    """Return a text that is the same for all spellings of a split, such as "va" for val and valid.

    A name without a split is returned unchanged.
    """
    return next((word[:2] for word in words(name) if word in _SPLITS), name)


def is_filler(name: str) -> bool:
    """Whether all words of the name could be in any data set, as in images, Data or photos_2."""
    left = _without_numbers(words(name))
    known = any(word in _FILLERS for word in left)
    return known and all(word in _FILLERS or word in _WEAK_FILLERS for word in left)


def is_mask(name: str) -> bool:
    """Whether a folder of this name may have masks, such as ground_truth, train_masks or labels."""
    left = _without_numbers(words(name))
    allowed = _MASKS | _FILLERS | _SPLITS | _SHORT_SPLITS | _OF_MASKS
    return any(word in _MASKS for word in left) and all(word in allowed for word in left)


def is_surely_mask(name: str) -> bool:
    """Whether a folder of this name almost certainly has masks.

    Call this function only if `is_mask` is true for the name.
    """
    return any(word in _SURE_MASKS for word in words(name))


def are_parts(names: Collection[str]) -> bool:
    """Whether the names differ only in a number, and have a word for parts of data, as in fold1 or
    part_02.
    """
    found = [words(name) for name in names]
    left = {_without_numbers(w) for w in found}
    return (
        len(left) == 1
        and all(any(word.isdigit() for word in w) for w in found)
        and any(word in _PARTS or word in _FILLERS for word in next(iter(left)))
    )


def are_folds(names: Collection[str]) -> bool:
    """Whether all `names` are names of folds of a cross-validation, such as fold_1 and fold_2."""
    return all({"fold", "folds", "cv"} & set(words(name)) for name in names)


def are_dates(names: Collection[str]) -> bool:
    """Whether each name is a date such as 2024-05-01, or a camera's name for a folder: 100APPLE."""
    known = (_DATE, _CAMERA, _ALBUM)
    return all(any(pattern.fullmatch(name) for pattern in known) for name in names)


def is_album_of_year(name: str) -> bool:
    """Whether the name is that of an album of a year, such as "Photos from 2023"."""
    return _ALBUM.fullmatch(name) is not None


def are_numbered(names: Collection[str]) -> bool:
    """Whether the names differ only in a number, and have no word for classes.

    True for Visit 01 and Visit 02. False for Class 1 and Class 2.
    """
    found = [words(name) for name in names]
    left = {_without_numbers(w) for w in found}
    return (
        len(names) > 1
        and len(left) == 1
        and bool(next(iter(left)))
        and all(any(word.isdigit() for word in w) for w in found)
        and not set(next(iter(left))) & _CLASSES
    )


def are_individuals(names: Collection[str]) -> bool:
    """Whether the names are numbered persons, places or times, such as Actor_01 and Actor_02."""
    return are_numbered(names) and bool(set(words(next(iter(names)))) & _INDIVIDUALS)


def are_numbers(names: Collection[str]) -> bool:
    """Whether each name has only digits and punctuation."""
    return all(re.fullmatch(r"[\d\W_]+", name) for name in names)


def are_above(names: Collection[str], inner: Collection[tuple[str, ...]]) -> bool:
    """Whether the classes are subfolders of the folders `names`, which are then not classes.

    Two conditions must hold. First, the names are dates, parts (fold1) or numbers. Second, all
    files of the folders are in subfolders with at least two distinct names. `inner` has a tuple
    with the name of each subfolder, and an empty tuple if a file is in no subfolder.
    """
    others = {name for found in inner for name in found if not is_filler(name)}
    if len(others) < 2 or not all(inner):
        return False
    return are_parts(names) or are_dates(names) or are_numbered(names)


def some(names: Collection[str]) -> str:
    """Return the first names, in alphabetical order, for a message."""
    ordered = sorted(names)
    return ", ".join(ordered[:3]) + (", ..." if len(ordered) > 3 else "")
