"""Small files in the form of the lecture's three, for tests that break them or serve them."""

from mlp_py import lecture_files

ABALONE = ("Sex,Length,Diameter,Height,Whole weight,Shucked weight,Viscera weight,Shell weight,Rings\n"
           "M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15,15\n"
           "I,0.33,0.255,0.08,0.205,0.0895,0.0395,0.055,7\n"
           "F,0.53,0.42,0.135,0.677,0.2565,0.1415,0.21,9\n")


def header_of(name):
    wanted = lecture_files.known(name)
    return ",".join(wanted.input_names + wanted.target_names) + "\n"


PULSAR = header_of("pulsar") + "1,2,3,4,5,6,7,8,0\n1,2,3,4,5,6,7,8.1,1\n"
STEEL = header_of("steel") + ",".join(map(str, range(27))) + ",0,0,1,0,0,0,0\n"


def write(folder, name, text):
    path = folder / lecture_files.known(name).file
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
