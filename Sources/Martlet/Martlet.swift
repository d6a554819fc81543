@_exported import MartletCore
@_exported import MartletNN
@_exported import MartletTraining
