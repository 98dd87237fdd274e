/** Marks of classes: the second sign beside the colour, because there are only ten hues. */

/** Number of marks: a disc, a ring, a disc with a ring cut out, and a disc with a bar cut out. */
export const MARKS = 4;

/** Mark of a class. The first ten classes are discs; they differ by colour alone. */
export const markOf = (classId: number): number => (classId < 10 ? 0 : 1 + (classId % (MARKS - 1)));
