"""An X server of our own, without a screen."""
import os
import subprocess


class Display:
    """It lives on when its last window is closed (-noreset): a server that begins anew refuses whoever comes just then."""

    def __init__(self, size="1600x1000"):
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-noreset", "-screen", "0", size + "x24",
                                        "+extension", "GLX"],
                                       pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            self.name = ":" + pipe.readline().strip()

    def close(self):
        self.server.terminate()
        self.server.wait()
