/*
 * The kit's whole surface. Anything not exported here is private to the kit.
 * Import "@cchub/kit/tokens.css" and "@cchub/kit/base.css" once, at the application's entry.
 */
export { classNames } from "./classNames";
export { Button, IconButton, type ButtonProps, type IconButtonProps } from "./Button";
export { Card, type CardProps } from "./Card";
export { ConfirmDialog, Dialog, type ConfirmDialogProps, type DialogProps } from "./Dialog";
export { Choice, Switch, TextField, type ChoiceProps, type SwitchProps, type TextFieldProps } from "./Field";
export { Finder, type FinderOption, type FinderProps } from "./Finder";
export { Kbd, ShortcutKeys, platformKeys } from "./Kbd";
export { Menu, MenuItem, MenuSeparator, type MenuProps } from "./Menu";
export { Palette, rankEntries, type PaletteEntry, type PaletteProps } from "./Palette";
export { PathText, shortenMiddle, type PathTextProps } from "./PathText";
export { ShortcutList, type ShortcutGroup } from "./ShortcutList";
export { Skeleton, useDelayed } from "./Skeleton";
export { STATES, StateMark, type StateMarkProps, type StateName } from "./StateMark";
export { Toasts, toast, type ToastOptions } from "./Toast";
export { Tip } from "./Tip";
