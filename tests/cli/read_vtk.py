"""What VTK itself finds in a .vts or .vtp, as JSON. usage: read_vtk.py FILE"""

import json
import math
import sys

import vtk


def number(value):
    return value if math.isfinite(value) else repr(value)


def read_arrays(data):
    arrays = {}
    for i in range(data.GetNumberOfArrays()):
        array = data.GetArray(i)
        arrays[array.GetName()] = [number(array.GetTuple(k)[0]) for k in range(array.GetNumberOfTuples())]
    return arrays


def read_texts(data):
    texts = {}
    for i in range(data.GetNumberOfArrays()):
        array = data.GetAbstractArray(i)
        texts[array.GetName()] = [array.GetValue(k) for k in range(array.GetNumberOfValues())]
    return texts


def main():
    path = sys.argv[1]
    reader = vtk.vtkXMLStructuredGridReader() if path.endswith(".vts") else vtk.vtkXMLPolyDataReader()
    errors = []
    reader.AddObserver("ErrorEvent", lambda *words: errors.append(str(words[1])))
    if not reader.CanReadFile(path):
        errors.append("VTK does not take this file for its own")
    reader.SetFileName(path)
    reader.Update()
    data = reader.GetOutput()
    found = {"errors": errors, "points": [data.GetPoint(i) for i in range(data.GetNumberOfPoints())],
             "bounds": data.GetBounds(), "point_data": read_arrays(data.GetPointData()),
             "cell_data": read_arrays(data.GetCellData()), "texts": read_texts(data.GetFieldData())}
    if path.endswith(".vts"):
        found["dimensions"] = data.GetDimensions()
        found["visible"] = [bool(data.IsPointVisible(i)) for i in range(data.GetNumberOfPoints())]
    else:
        found["cells"] = [[data.GetCell(c).GetPointId(k) for k in range(data.GetCell(c).GetNumberOfPoints())]
                          for c in range(data.GetNumberOfCells())]
        found["lines"] = data.GetNumberOfLines()
    print(json.dumps(found))


main()
