"""Which language a file is in, told by its name alone. A table, no guessing from content."""

from __future__ import annotations

_BY_ENDING = {
    "Astro": "astro",
    "C": "c h",
    "C#": "cs csx",
    "C++": "cc cpp cxx hh hpp hxx ipp",
    "CSS": "css",
    "Clojure": "clj cljs cljc edn",
    "CoffeeScript": "coffee",
    "Crystal": "cr",
    "Dart": "dart",
    "Elixir": "ex exs",
    "Elm": "elm",
    "Erlang": "erl hrl",
    "F#": "fs fsi fsx",
    "Go": "go",
    "GraphQL": "graphql gql",
    "Groovy": "groovy gradle",
    "HTML": "html htm xhtml",
    "Haskell": "hs lhs",
    "INI": "ini cfg conf",
    "JSON": "json jsonc json5 webmanifest",
    "Java": "java",
    "JavaScript": "js mjs cjs jsx",
    "Julia": "jl",
    "Jupyter Notebook": "ipynb",
    "Kotlin": "kt kts",
    "Less": "less",
    "Lua": "lua",
    "Markdown": "md markdown mdx",
    "Nim": "nim",
    "Nix": "nix",
    "OCaml": "ml mli",
    "Objective-C": "m mm",
    "PHP": "php",
    "Pascal": "pas pp",
    "Perl": "pl pm",
    "PowerShell": "ps1 psm1 psd1",
    "Protocol Buffers": "proto",
    "Python": "py pyi pyx",
    "R": "r rmd",
    "Ruby": "rb rake gemspec",
    "Rust": "rs",
    "SQL": "sql",
    "Scala": "scala sbt",
    "Scheme": "scm ss rkt",
    "Shell": "sh bash zsh fish",
    "Solidity": "sol",
    "Svelte": "svelte",
    "Swift": "swift",
    "SCSS": "scss sass",
    "TOML": "toml",
    "Terraform": "tf tfvars hcl",
    "Text": "txt text rst adoc org tex log csv tsv",
    "TypeScript": "ts mts cts tsx",
    "Verilog": "v sv svh",
    "VHDL": "vhd vhdl",
    "Vue": "vue",
    "WebAssembly": "wat",
    "XML": "xml xsd xsl xslt svg plist",
    "YAML": "yaml yml",
    "Zig": "zig",
    "Image": "png jpg jpeg gif webp avif ico icns bmp tiff heic psd",
    "Audio and video": "mp3 wav flac ogg m4a mp4 mkv webm mov avi",
    "Font": "woff woff2 ttf otf eot",
    "Archive": "zip gz tgz bz2 xz zst tar 7z rar jar whl",
    "PDF": "pdf",
}
_BY_NAME = {
    b"dockerfile": "Dockerfile",
    b"containerfile": "Dockerfile",
    b"makefile": "Makefile",
    b"gnumakefile": "Makefile",
    b"cmakelists.txt": "CMake",
    b"rakefile": "Ruby",
    b"gemfile": "Ruby",
    b"jenkinsfile": "Groovy",
    b"justfile": "Just",
}
_ENDINGS = {ending.encode(): language for language, endings in _BY_ENDING.items() for ending in endings.split()} | {
    b"cmake": "CMake",
    b"mk": "Makefile",
}
OTHER = "Other"


def language_of(name: bytes) -> str:
    """The language of a file with this name (without folders)."""
    lower = name.lower()
    if lower in _BY_NAME:
        return _BY_NAME[lower]
    _, dot, ending = lower.rpartition(b".")
    return _ENDINGS.get(ending, OTHER) if dot else OTHER
