@_exported import MartletCore
@_exported import MartletData
@_exported import MartletFormats
@_exported import MartletInspection
@_exported import MartletNN
@_exported import MartletPlots
@_exported import MartletText
@_exported import MartletTraining
