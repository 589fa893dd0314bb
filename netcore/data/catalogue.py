"""The table of data sets that netcore knows: files, hashes, where they come from, what they may be used for.

Hashes are SHA-256 of the content, after gzip: the wrapper differs from mirror to mirror, the data does not. CIFAR-10's
archive is hashed as it is. Read next: `registry.py`, which works on this table.
"""

from dataclasses import dataclass

DIGITS = tuple("0123456789")
CLOTHES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True)
class File:
    """One file: its name (a `.gz` name is also found without the suffix), the SHA-256 and size of its content."""

    name: str
    sha256: str
    size: int
    packed: bool = False  # the hash is of the file as it is, not of what gzip makes of it


@dataclass(frozen=True)
class Entry:
    """One data set."""

    name: str
    kind: str  # 'images', 'text' or 'series'
    title: str
    files: tuple[File, ...]
    licence: str
    source: str
    shape: tuple[int, ...] = ()
    classes: tuple[str, ...] = ()
    embedded: bool = False
    folders: tuple[str, ...] = (".",)  # where to look under a root
    urls: tuple[str, ...] = ()  # mirrors, best first; `{file}` stands for the file's name


def _idx(train: int, test: int, hashes: tuple[str, str, str, str]) -> tuple[File, ...]:
    """The four files of a data set in MNIST's form, with so many images."""
    return (
        File("train-images-idx3-ubyte.gz", hashes[0], 16 + 784 * train),
        File("train-labels-idx1-ubyte.gz", hashes[1], 8 + train),
        File("t10k-images-idx3-ubyte.gz", hashes[2], 16 + 784 * test),
        File("t10k-labels-idx1-ubyte.gz", hashes[3], 8 + test),
    )


def _series(name: str, title: str, sha256: str, size: int, source: str) -> Entry:
    return Entry(
        name, "series", title, (File(f"{name}.csv", sha256, size),), "public domain (facts)", source, embedded=True
    )


ENTRIES = (
    Entry("digits", "images", "Optical recognition of handwritten digits, 1,437 + 360 images of 8x8",
          (File("digits.csv.gz", "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8", 264_712),),
          "CC BY 4.0",
          "E. Alpaydin, C. Kaynak, 1998, UCI Machine Learning Repository, doi 10.24432/C50P49 (its test set)",
          (1, 8, 8), DIGITS, embedded=True),
    Entry("fashion-mnist-mini", "images", "Fashion-MNIST, the first 600 + 100 images of every class",
          _idx(6_000, 1_000, (
              "cf313073c7eb485392848071d5c433571d7166043e971e3345b095cc30518084",
              "097b93fbcf9bd5bc648b1a457ddc55c9e4ab49afb33f9ecae8ce068399a75e3a",
              "7cee33c3c6414b1b86c25e665a6c4f41584269de3b7cc9768b1d351922845eef",
              "3128d790775889812b73c4f13923559c8b9e281d112c6ea7862acf60a206a909")),
          "MIT", "H. Xiao, K. Rasul, R. Vollgraf, 2017, arXiv:1708.07747; copyright 2017 Zalando SE",
          (1, 28, 28), CLOTHES, embedded=True, folders=("fashion-mnist-mini",)),
    Entry("persuasion", "text", "Jane Austen, Persuasion, 467 kB, 75 symbols",
          (File("persuasion.txt.gz", "8061549557aebd2fd6e353d18d9197cb707029112bd52d4d8b174583a925848a", 466_854),),
          "public domain", "Jane Austen, Persuasion, John Murray, London, 1818 (December 1817)", embedded=True),
    _series("sunspots", "Yearly number of sunspots, 1700-2008",
            "f268d512da7e9b0f913fbcc4b51eacdfe5df8ffecb5cf982b160477e20ec2b0f", 2_934,
            "US National Geophysical Data Center"),
    _series("nile", "Yearly flow of the Nile at Aswan in 10^8 cubic metres, 1871-1970",
            "dcbd62013e3cc9cc24239035f6df4fc8e7a4a20a55ee32887a9cc9703971cc85", 941, "G. W. Cobb, Biometrika 65, 1978"),
    _series("airline", "Monthly airline passengers in thousands, 1949-1960",
            "9f0476c8e94936f62619545a06f6582a12ea3dcd568e78a9b0a37662c3587ce3", 2_027,
            "G. Box, G. Jenkins, Time Series Analysis, 1976, series G"),
    _series("lynx", "Yearly lynx trappings in the Mackenzie River district of Canada, 1821-1934",
            "2a08216d894d99b40a2ca7874520b20b944a38ed3abaea37c8824aa86029622e", 1_081,
            "C. Elton, M. Nicholson, J. Animal Ecology 11, 1942"),
    Entry("mnist", "images", "MNIST handwritten digits, 60,000 + 10,000 images of 28x28",
          _idx(60_000, 10_000, (
              "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
              "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
              "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
              "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")),
          "not stated", "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Proc. IEEE 86, 1998", (1, 28, 28), DIGITS,
          folders=("mnist", "MNIST", "MNIST/raw", "."),
          urls=("https://ossci-datasets.s3.amazonaws.com/mnist/{file}", "https://storage.googleapis.com/cvdf-datasets/mnist/{file}")),
    Entry("fashion-mnist", "images", "Fashion-MNIST, 60,000 + 10,000 images of 28x28",
          _idx(60_000, 10_000, (
              "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
              "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
              "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
              "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34")),
          "MIT", "H. Xiao, K. Rasul, R. Vollgraf, 2017, arXiv:1708.07747; copyright 2017 Zalando SE",
          (1, 28, 28), CLOTHES, folders=("fashion-mnist", "FashionMNIST", "FashionMNIST/raw", "."),
          urls=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/{file}",)),
    Entry("cifar10", "images", "CIFAR-10, 50,000 + 10,000 colour images of 32x32",
          (File("cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                170_052_171, packed=True),),
          "not stated", "A. Krizhevsky, Learning multiple layers of features from tiny images, 2009",
          (3, 32, 32), THINGS,
          folders=("cifar10", "cifar-10", "."), urls=("https://www.cs.toronto.edu/~kriz/{file}",)),
    Entry("tiny-shakespeare", "text", "Plays of Shakespeare, 1.1 MB, 65 symbols",
          (File("tinyshakespeare.txt", "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
                1_115_394),),
          "public domain",
          "W. Shakespeare; chosen by A. Karpathy, char-rnn, 2015",
          folders=("text", "tiny-shakespeare", "."),
          urls=("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",)),
)  # fmt: skip
