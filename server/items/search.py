"""Finding items by text: ids, paths and the columns they came with. Classes are searched on the page, which has them."""

from lodespace.items.item_set import ItemSet


def matching(items: ItemSet, text: str) -> list[int]:
    """Items whose id, path or any column holds `text`, in whatever case; of `column:text`, that column. Ascending."""
    if items.table is not None:
        return items.table.matching(text)
    wanted = text.removeprefix("id:").casefold()
    return [i for i, item_id in enumerate(items.ids) if wanted in item_id.casefold()]
