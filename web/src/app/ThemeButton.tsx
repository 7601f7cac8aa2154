/** Switches between the dark and the light theme. */
import { Moon, Sun } from "lucide-react";
import { IconButton } from "@/components/Button";
import { useStore } from "@/lib/store";
import { chooseTheme, theme } from "@/lib/theme";

export function ThemeButton() {
  const dark = useStore(theme) === "dark";
  return (
    <IconButton
      label={dark ? "Use the light theme" : "Use the dark theme"}
      icon={dark ? <Sun aria-hidden className="size-5" /> : <Moon aria-hidden className="size-5" />}
      onClick={() => chooseTheme(dark ? "light" : "dark")}
    />
  );
}
