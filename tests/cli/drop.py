"""Drops files on a window of an X server, as file managers do (the XDND protocol, version 5), over Xlib alone."""
import ctypes
import ctypes.util
import time
from ctypes import POINTER, Structure, Union, byref, c_char_p, c_int, c_long, c_ulong, c_void_p
from urllib.parse import quote

CLIENT_MESSAGE, SELECTION_REQUEST, SELECTION_NOTIFY = 33, 30, 31
HEAD = [("type", c_int), ("serial", c_ulong), ("sent", c_int), ("display", c_void_p)]


class Message(Structure):
    _fields_ = HEAD + [("window", c_ulong), ("kind", c_ulong), ("format", c_int), ("data", c_long * 5)]


class Request(Structure):
    _fields_ = HEAD + [("owner", c_ulong)] + [(n, c_ulong) for n in ("requestor", "selection", "target", "property", "time")]


class Notice(Structure):
    _fields_ = HEAD + [(n, c_ulong) for n in ("requestor", "selection", "target", "property", "time")]


class Event(Union):
    _fields_ = [("type", c_int), ("message", Message), ("request", Request), ("notice", Notice), ("pad", c_long * 24)]


def load():
    x = ctypes.CDLL(ctypes.util.find_library("X11"))
    x.XOpenDisplay.restype, x.XOpenDisplay.argtypes = c_void_p, [c_char_p]
    x.XDefaultRootWindow.restype, x.XDefaultRootWindow.argtypes = c_ulong, [c_void_p]
    x.XCreateSimpleWindow.restype = c_ulong
    x.XCreateSimpleWindow.argtypes = [c_void_p, c_ulong] + 5 * [c_int] + 2 * [c_ulong]
    x.XInternAtom.restype, x.XInternAtom.argtypes = c_ulong, [c_void_p, c_char_p, c_int]
    x.XSetSelectionOwner.argtypes = [c_void_p] + 3 * [c_ulong]
    x.XSendEvent.argtypes = [c_void_p, c_ulong, c_int, c_long, POINTER(Event)]
    x.XChangeProperty.argtypes = [c_void_p] + 3 * [c_ulong] + [c_int, c_int, c_char_p, c_int]
    x.XNextEvent.argtypes = [c_void_p, POINTER(Event)]
    for name in ("XPending", "XFlush", "XCloseDisplay"):
        getattr(x, name).argtypes = [c_void_p]
    return x


class Source:
    """The window that the files come from."""

    def __init__(self, display, target):
        self.x, self.target = load(), int(target)
        self.display = self.x.XOpenDisplay(display.encode())
        assert self.display, display
        root = self.x.XDefaultRootWindow(self.display)
        self.window = self.x.XCreateSimpleWindow(self.display, root, 0, 0, 1, 1, 0, 0, 0)
        self.x.XSetSelectionOwner(self.display, self.atom("XdndSelection"), self.window, 0)

    def atom(self, name):
        return self.x.XInternAtom(self.display, name.encode(), 0)

    def tell(self, kind, *data):
        event = Event(message=Message(type=CLIENT_MESSAGE, window=self.target, kind=self.atom(kind), format=32))
        event.message.data[:] = [self.window, *data, *(4 - len(data)) * [0]]
        self.x.XSendEvent(self.display, self.target, 0, 0, byref(event))
        self.x.XFlush(self.display)

    def hand_over(self, asked, text):
        self.x.XChangeProperty(self.display, asked.requestor, asked.property, asked.target, 8, 0, text, len(text))
        told = Event(notice=Notice(SELECTION_NOTIFY, 0, 1, self.display, asked.requestor, asked.selection, asked.target,
                                   asked.property, asked.time))
        self.x.XSendEvent(self.display, asked.requestor, 0, 0, byref(told))
        self.x.XFlush(self.display)

    def answer(self, text, kind, seconds=60):
        """Serves the target until it says `kind`; @return the second word of that."""
        end = time.time() + seconds
        event = Event()
        while time.time() < end:
            if not self.x.XPending(self.display):
                time.sleep(0.02)
                continue
            self.x.XNextEvent(self.display, byref(event))
            if event.type == SELECTION_REQUEST:
                self.hand_over(event.request, text)
            elif event.type == CLIENT_MESSAGE and event.message.kind == self.atom(kind):
                return event.message.data[1]
        raise AssertionError(f"the window never said {kind}")


def drop(display, window, paths):
    """@return whether the window took the files"""
    source = Source(display, window)
    text = "".join(f"file://{quote(str(path))}\r\n" for path in paths).encode()
    source.tell("XdndEnter", 5 << 24, source.atom("text/uri-list"))
    source.tell("XdndPosition", 0, 200 << 16 | 200, 0, source.atom("XdndActionCopy"))
    if not source.answer(text, "XdndStatus") & 1:
        return False
    source.tell("XdndDrop", 0, 0)
    taken = source.answer(text, "XdndFinished") # GLFW tells how much it took, where other programs tell 1
    source.x.XCloseDisplay(source.display)
    return bool(taken)
